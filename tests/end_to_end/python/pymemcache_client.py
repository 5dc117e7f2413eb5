"""Does with pymemcache what applications do: pymemcache_client.py PORT"""

import sys
import time

from pymemcache.client.base import Client
from pymemcache.exceptions import MemcacheClientError, MemcacheServerError

client = Client(
    ("127.0.0.1", int(sys.argv[1])), timeout=10, default_noreply=False, allow_unicode_keys=True
)


def check(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: expected {expected!r}, got {got!r}")
    print(f"{name}: as expected")


check("set", client.set("k", b"value"), True)
check("get", client.get("k"), b"value")
check("get of a miss", client.get("nothing"), None)
check("add of a key that is there", client.add("k", b"other"), False)
check("replace", client.replace("k", b"new"), True)
check("get after replace", client.get("k"), b"new")

many = {f"many:{i}": b"value %d " % i + b"x" * (i % 300) for i in range(1000)}
check("set_many", client.set_many(many), [])
check("get_many of 1,000 keys", client.get_many(list(many)), many)
check("get_many with misses", client.get_many(["many:1", "nothing"]), {"many:1": many["many:1"]})
check("delete_many", client.delete_many(["many:1", "many:2"]), True)
check("get_many of what is gone", client.get_many(["many:1", "many:2"]), {})

value, number = client.gets("k")
check("gets", value, b"new")
check("cas", client.cas("k", b"by cas", number), True)
check("cas with an old number", client.cas("k", b"too late", number), False)
check("cas of a miss", client.cas("nothing", b"x", number), None)
check("get after cas", client.get("k"), b"by cas")

check("set of a number", client.set("n", b"10"), True)
check("incr", client.incr("n", 5), 15)
check("decr", client.decr("n", 6), 9)
check("incr of a miss", client.incr("nothing", 1), None)

check("set before append", client.set("s", b"b"), True)
check("append", client.append("s", b"c"), True)
check("prepend", client.prepend("s", b"a"), True)
check("get after append", client.get("s"), b"abc")
check("append to a miss", client.append("nothing", b"c"), False)

check("touch", client.touch("k", 100), True)
check("touch of a miss", client.touch("nothing", 100), False)
check("delete", client.delete("k"), True)
check("delete of a miss", client.delete("k"), False)
check("get after delete", client.get("k"), None)

check("set with noreply", client.set("quiet", b"value", noreply=True), True)
check("get after noreply", client.get("quiet"), b"value")

check("set of a unicode key", client.set("schlüssel:鍵", "wert 値".encode()), True)
check("get of a unicode key", client.get("schlüssel:鍵"), "wert 値".encode())

for length in (0, 1, 1000, 300_000, 1_000_000):
    value = b"\x00\r\n\xff" * (length // 4) + b"v" * (length % 4)
    check(f"set of {length} bytes", client.set("big", value), True)
    check(f"get of {length} bytes", client.get("big"), value)
try:
    client.set("huge", b"x" * 1_100_000)
    sys.exit("set of too much: expected an error, got an answer")
except MemcacheServerError:
    print("set of too much: as expected")
check("get of what was too much", client.get("huge"), None)
check("set of a text", client.set("text", b"text"), True)
try:
    client.incr("text", 1)
    sys.exit("incr of a text: expected an error, got an answer")
except MemcacheClientError:
    print("incr of a text: as expected")
check("get after an error", client.get("s"), b"abc")

check("set for a second", client.set("short", b"v", expire=1), True)
deadline = time.monotonic() + 5
while client.get("short") is not None and time.monotonic() < deadline:
    time.sleep(0.05)
check("it expires", client.get("short"), None)

check("version starts with a number", client.version()[:6], b"1.6.18")
check("stats can be parsed", b"pid" in client.stats(), True)
check("flush_all", client.flush_all(), True)
check("get after flush_all", client.get("s"), None)
