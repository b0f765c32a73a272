"""How often the database is asked."""


class Asked:
    """Counts the statements that the database is sent, also those that go straight to the driver.

    Such a one takes a connection from the pool without SQLAlchemy's knowing what for.
    """

    def __init__(self):
        self.forget()

    def forget(self):
        self.statements, self.taken, self.known = [], 0, 0

    def hear(self, _connection, _cursor, statement, *_rest):
        if not statement.startswith("BEGIN"):
            self.statements.append(statement)

    def take(self, *_of_the_pool):
        self.taken += 1

    def know(self, _connection):
        self.known += 1

    @property
    def number(self):
        return len(self.statements) + self.taken - self.known
