"""A notice is given once to each, and to nobody who works here no longer."""

from tests.notices.reading import notices, titles
from tests.people import person
from webapp.accounts.models import Role
from webapp.notices.models import Level
from webapp.notices.telling import TITLE, tell


def test_a_user_is_told(db, app):
    ada = person("Ada", Role.ADMIN)

    assert tell(ada.id, "The file is ready", "Fetch it.", level=Level.OK, link="/exports/1")
    db.session.commit()

    (notice,) = notices(ada)
    assert (notice.title, notice.text) == ("The file is ready", "Fetch it.")
    assert (notice.level, notice.link, notice.read_at) == (Level.OK, "/exports/1", None)
    assert notice.created_at is not None


def test_the_same_key_is_told_once_to_each_user(db, app):
    ada, otto = person("Ada", Role.ADMIN), person("Otto", Role.OPERATOR)

    told = [tell(one.id, "Once", level=Level.INFO, key="a") for one in (ada, ada, otto)]
    db.session.commit()

    assert told == [True, False, True]
    assert titles(ada) == titles(otto) == ["Once"]


def test_without_a_key_each_is_a_notice_of_its_own(db, app):
    ada = person("Ada", Role.ADMIN)

    for _ in range(2):
        tell(ada.id, "Again", level=Level.INFO)
    db.session.commit()

    assert titles(ada) == ["Again", "Again"]


def test_somebody_who_was_deactivated_is_told_nothing(db, app):
    otto = person("Otto", Role.OPERATOR)
    otto.active = False
    db.session.commit()

    assert not tell(otto.id, "Nothing for you", level=Level.INFO)
    assert notices(otto) == []


def test_a_title_that_is_too_long_is_cut_and_not_refused(db, app):
    ada = person("Ada", Role.ADMIN)

    tell(ada.id, "x" * 999, "y" * 9999, level=Level.INFO)
    db.session.commit()

    assert titles(ada) == ["x" * TITLE]
