"""A worker is killed in the middle of a crawl: its rows go on, nothing is missing and nothing double."""

import os
import signal
from functools import partial

from sqlalchemy import func, select

from tests.live import wait_for
from tests.queues import Queue
from tests.websites.crawls import Crawls
from tests.websites.site import Site
from webapp.extensions import broker, db
from webapp.knowledge.models import Chunk, Reading
from webapp.websites import keeping
from webapp.websites.models import Website

PAGES = 12


def a_worker(app_queue: Queue) -> int:
    """Return the number of a process of its own that runs what waits."""
    db.session.remove()
    pid = os.fork()
    if pid:
        return pid
    try:  # from here on this is the worker, which shares neither connections nor children with the test
        db.engine.dispose(close=False)
        keeping._rest.readers.clear()
        broker._after_fork()  # what billiard calls for Celery
        Queue(app_queue.app, app_queue.app.extensions["settings"].redis_url).run()
    finally:
        os._exit(0)


def asked_for(site: Site, many: int) -> bool:
    """Tell whether so many different pages have been asked for, beside robots.txt and sitemap."""
    return len(set(site.paths)) >= many + 2


def test_a_crawl_whose_worker_is_killed_goes_on_where_it_stood(site: Site, crawls: Crawls) -> None:
    for number in range(1, PAGES + 1):
        site.page(f"/{number}", f"Page {number}", f"This is page {number}.", f"/{number + 1}", "/")
    site.page("/", "Start", "Here it begins.", "/1", "/5", "/9")
    source_id = crawls.add(max_depth=20).source_id
    for many in (2, 6, 10):
        worker = a_worker(crawls.queue)
        wait_for(partial(asked_for, site, many))
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
        crawls.queue.sweep()
    crawls.queue.run()
    website = db.session.get_one(Website, source_id)
    assert crawls.job(website).state == "SUCCESS", crawls.job(website).error
    paths = {"/", *(f"/{number}" for number in range(1, PAGES + 1))}
    states = crawls.states(website)
    assert {path for path, state in states.items() if state == "read"} == paths
    assert set(crawls.texts(website)) == paths
    readings = select(func.count()).select_from(Reading)
    assert db.session.scalar(readings) == len(paths)
    chunks = db.session.scalar(select(func.count()).select_from(Chunk))
    assert website.source.parts == len(paths)
    assert website.source.chunks == chunks
