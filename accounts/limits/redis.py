"""Windows in Redis, which all processes share. Imported where there is one."""

from __future__ import annotations

import time
from typing import Any

from limits.storage import RedisStorage
from redis import ConnectionPool

# KEYS[1] is a list, newest first, of "moment total weight": when it was, in milliseconds of the server's clock; the sum
# of all weights up to this one; and its own. So what is used is found from the two ends of the list.
_WINDOW = """
local key, expiry, limit, amount = KEYS[1], tonumber(ARGV[1]) * 1000, tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function entry(index)
    local moment, total, weight = string.match(redis.call('LINDEX', key, index) or '', '(%S+) (%S+) (%S+)')
    return tonumber(moment), tonumber(total), tonumber(weight)
end

local function line(moment, total, weight)
    return string.format('%.0f %.0f %.0f', moment, total, weight)
end

-- The server's clock was set back: these would count for as long as it takes to get there again.
local newest = entry(0)
if newest and newest > now + 1000 then redis.call('DEL', key) end

local oldest = entry(-1)
while oldest and oldest <= now - expiry do
    redis.call('RPOP', key)
    oldest = entry(-1)
end

local _, total = entry(0)
local _, first, weight = entry(-1)
total = total or 0
local used = first and total - first + weight or 0
local excess = limit >= 0 and used + math.min(amount, limit) - limit or 0
"""
_ACQUIRE = (
    _WINDOW
    + """
if excess > 0 then return 0 end
if amount > 0 then
    redis.call('LPUSH', key, line(now, total + amount, amount))
    redis.call('PEXPIRE', key, expiry)
end
while amount < 0 do  -- Given back, from the newest on: it was taken a moment ago.
    local moment, total, weight = entry(0)
    if not moment then break end
    redis.call('LPOP', key)
    if weight > -amount then
        redis.call('LPUSH', key, line(moment, total + amount, weight + amount))
        -- Where it was the only one, its list went with it, and so did the list's end.
        redis.call('PEXPIRE', key, expiry)
    end
    amount = amount + weight
end
return 1
"""
)
_READ = (
    _WINDOW
    + """
local age, wait, index = oldest and now - oldest or 0, 0, 0
while excess > 0 do
    index = index - 1
    local moment, _, weight = entry(index)
    if not moment then break end
    excess = excess - weight
    wait = moment + expiry - now
end
return {used, age, wait}
"""
)
UNLIMITED = -1


class RedisWindows(RedisStorage):
    """The library's storage, but for the scripts of its moving windows. There the time is the caller's, which machines
    don't agree about and which may jump, and an entry is repeated as often as it weighs.
    """

    SCRIPT_ACQUIRE_MOVING_WINDOW = _ACQUIRE.encode()
    SCRIPT_MOVING_WINDOW = _READ.encode()

    def __init__(self, url: str, *, key_prefix: str, **options: Any) -> None:
        # The pool is made here, as the cache makes its own: a client that makes it tries three times more, with waits.
        super().__init__(url, connection_pool=ConnectionPool.from_url(url, **options), key_prefix=key_prefix)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """An amount larger than the limit needs an empty window: otherwise it would never be let in."""
        return bool(self.lua_acquire_moving_window([self.prefixed_key(key)], [expiry, limit, amount]))

    def add_entry(self, key: str, expiry: int, amount: int) -> None:
        """Whatever the limit; a negative amount gives back."""
        self.lua_acquire_moving_window([self.prefixed_key(key)], [expiry, UNLIMITED, amount])

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Shape: when the oldest entry was made, by the caller's wall clock, and how much is used."""
        used, age_ms, _ = self._read(key, limit, expiry, 0)
        return time.time() - age_ms / 1000, used

    def wait_s(self, key: str, limit: int, expiry: int, amount: int) -> float:
        """How long until `acquire_entry` would let this in, if nothing else comes."""
        return self._read(key, limit, expiry, amount)[2] / 1000

    def _read(self, key: str, limit: int, expiry: int, amount: int) -> tuple[int, int, int]:
        used, age_ms, wait_ms = self.lua_moving_window([self.prefixed_key(key)], [expiry, limit, amount])
        return int(used), int(age_ms), int(wait_ms)
