"""The instance library: named instances, the best plan known for each, and what is proven about it.

>>> from instances import library
>>> library.names(problem="J-L", users=5)[:1]
('campus-l-5x2-light-c-1',)

`load` gives the instance of a name, `best` its record, `submit` offers a better plan or certificate, which is taken
only when it is better and has been recomputed. All take ``folder``, where a copy of the library of one's own lies.
"""

from instances.library.audit import check
from instances.library.entries import HOME, Entry, entry, names
from instances.library.loading import load
from instances.library.records import Record, Signature, best
from instances.library.rules import Outcome, submit, take_word

__all__ = ["HOME", "Entry", "Outcome", "Record", "Signature", "best", "check", "entry", "load", "names", "submit",
           "take_word"]  # fmt: skip
