"""A time that a customer takes: held, paid, confirmed, told of."""
