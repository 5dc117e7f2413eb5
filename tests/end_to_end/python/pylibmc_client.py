"""Does with pylibmc what applications do: pylibmc_client.py PORT text|binary"""

import sys
import time

import pylibmc

port, protocol = sys.argv[1:3]
binary = protocol == "binary"
client = pylibmc.Client([f"127.0.0.1:{port}"], binary=binary, behaviors={"cas": True})


def check(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: expected {expected!r}, got {got!r}")
    print(f"{name}: as expected")


check("set", client.set("k", "value"), True)
check("get", client.get("k"), "value")
check("get of a miss", client.get("nothing"), None)
check("add of a key that is there", client.add("k", "other"), False)
check("replace", client.replace("k", "new"), True)
check("get after replace", client.get("k"), "new")

many = {f"many:{i}": f"value {i} " + "x" * (i % 300) for i in range(1000)}
check("set_multi", client.set_multi(many), [])
check("get_multi of 1,000 keys", client.get_multi(list(many)), many)
check("get_multi with misses", client.get_multi(["many:1", "nothing"]), {"many:1": many["many:1"]})
check("delete_multi", client.delete_multi(["many:1", "many:2"]), True)
check("get_multi of what is gone", client.get_multi(["many:1", "many:2"]), {})

value, number = client.gets("k")
check("gets", value, "new")
check("cas", client.cas("k", "by cas", number), True)
check("cas with an old number", client.cas("k", "too late", number), False)
check("get after cas", client.get("k"), "by cas")

check("set of a number", client.set("n", 10), True)
check("incr", client.incr("n", 5), 15)
check("decr", client.decr("n", 6), 9)
check("get of a number", client.get("n"), 9)
try:
    client.incr("nothing", 1)
    sys.exit("incr of a miss: expected NotFound, got an answer")
except pylibmc.NotFound:
    print("incr of a miss: as expected")

check("set before append", client.set("s", "b"), True)
check("append", client.append("s", "c"), True)
check("prepend", client.prepend("s", "a"), True)
check("get after append", client.get("s"), "abc")

check("touch", client.touch("k", 100), True)
check("touch of a miss", client.touch("nothing", 100), False)
check("delete", client.delete("k"), True)
check("delete of a miss", client.delete("k"), False)
check("get after delete", client.get("k"), None)

check("set of a unicode key", client.set("schlüssel:鍵", "wert 値"), True)
check("get of a unicode key", client.get("schlüssel:鍵"), "wert 値")
check("set of an object", client.set("object", {"list": [1, 2.5, None]}), True)
check("get of an object", client.get("object"), {"list": [1, 2.5, None]})

for length in (0, 1, 1000, 300_000, 1_000_000):
    value = b"\x00\r\n\xff" * (length // 4) + b"v" * (length % 4)
    check(f"set of {length} bytes", client.set("big", value), True)
    check(f"get of {length} bytes", client.get("big"), value)
try:
    client.set("huge", "x" * 1_100_000)
    sys.exit("set of too much: expected TooBig, got an answer")
except pylibmc.Error as error:
    print(f"set of too much: as expected ({type(error).__name__})")
check("get of what was too much", client.get("huge"), None)
check("get after an error", client.get("s"), "abc")

check("set for a second", client.set("short", "v", time=1), True)
deadline = time.monotonic() + 5
while client.get("short") is not None and time.monotonic() < deadline:
    time.sleep(0.05)
check("it expires", client.get("short"), None)

check("flush_all", client.flush_all(), True)
check("get after flush_all", client.get("s"), None)
[(_, stats)] = client.get_stats()
check("stats can be parsed", int(stats["pid"]) > 0, True)
