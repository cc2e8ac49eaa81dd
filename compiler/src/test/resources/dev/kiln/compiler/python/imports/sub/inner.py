from ..helpers import LIMIT

DEEP = LIMIT * 100 if LIMIT else 0
