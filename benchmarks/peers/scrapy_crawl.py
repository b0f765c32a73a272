"""Scrapy with trafilatura reads a website; run by the Python that has both.

    python benchmarks/peers/scrapy_crawl.py URL ITEMS.jsonl

Prints pages and seconds, of the crawl alone: Scrapy's own count of its time.
"""

import sys

import scrapy
import trafilatura
from scrapy.crawler import CrawlerProcess

AT_ONCE = 8


class Pages(scrapy.Spider):
    """Takes the main text out of every page, and follows every link."""

    name = "pages"

    async def start(self):
        yield scrapy.Request(sys.argv[1])

    def parse(self, response):
        text = trafilatura.extract(
            response.text, url=response.url, fast=True, include_comments=False, with_metadata=False
        )
        yield {"url": response.url, "title": response.css("title::text").get(), "text": text}
        yield from response.follow_all(css="a")


def main() -> None:
    process = CrawlerProcess(
        {
            "CONCURRENT_REQUESTS": AT_ONCE,
            "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
            "DOWNLOAD_DELAY": 0,
            "AUTOTHROTTLE_ENABLED": False,
            "ROBOTSTXT_OBEY": True,
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "FEEDS": {sys.argv[2]: {"format": "jsonlines", "overwrite": True}},
        }
    )
    crawler = process.create_crawler(Pages)
    process.crawl(crawler)
    process.start()
    stats = crawler.stats.get_stats()
    print(stats.get("item_scraped_count", 0), stats["elapsed_time_seconds"])


main()
