"""Writing down what is no matter when it is lost, such as when somebody was last here."""

import structlog
from sqlalchemy import Update, text
from sqlalchemy.exc import OperationalError

from webapp.extensions import db

log = structlog.get_logger(__name__)


def write(statement: Update) -> bool:
    """Change a row on a connection and in a transaction of its own.

    Never waits: when another writer is at work it returns False, and the next request does it.
    """
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        if sqlite and driver:
            driver.execute("PRAGMA busy_timeout=0")
        try:
            if not sqlite:
                connection.execute(text("SET LOCAL lock_timeout = '20ms'"))
            connection.execute(statement)
            connection.commit()
        except OperationalError:
            log.debug("not written this time", table=statement.table.description)
            return False
        finally:
            if sqlite and driver:
                connection.rollback()
                driver.execute("PRAGMA busy_timeout=30000")
    return True
