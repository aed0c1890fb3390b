"""Raises an exception whose text, class and attributes fail or hang when they are looked at."""


class Meta(type):
    def __getattribute__(cls, name):
        raise RuntimeError("no")


class Hostile(Exception, metaclass=Meta):
    def __str__(self):
        while True:
            pass

    __repr__ = __str__


def mean(x):
    raise Hostile
