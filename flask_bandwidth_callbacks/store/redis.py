"""The store of several machines: Redis, by redis-py.

A record is a hash under the key ``<prefix><kind>:<name>``, with these fields:

``value``
    The value. A record that was leased before it was ever written has none, and ends within a minute.
``token``
    Proves that a lease was not lost. A record that is not leased has none.
``free_at``
    When the lease is over, or when the record can be leased again.
``ends``
    When the record ends at the latest, however often it is written.

Times are milliseconds of the server's clock, and Redis itself deletes what has expired. The names of a kind
that stays are also in a sorted set under ``<prefix><kind>``, by ``free_at``.

Redis loses records when it is restarted, unless its ``appendonly`` is on, and when its memory is full, unless
its ``maxmemory-policy`` is ``noeviction``: see :meth:`RedisStore.risks`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from flask_bandwidth_callbacks.exceptions import ConfigurationError, StoreError
from flask_bandwidth_callbacks.stores import Kind, Lease, Record

from .outages import Outages
from .renewal import LEASE, Renewal

T = TypeVar("T")

_TIMEOUT = 1.0
"""Seconds that the server has to accept a connection, and to reply."""
_PREFIX = "bandwidth-callbacks:"
"""Where the keys begin, unless the URL has ``?prefix=``."""
_MANY = 500
"""Keys that are read at once."""
_CLIENT: dict[str, Any] = {
    "socket_timeout": _TIMEOUT,
    "socket_connect_timeout": _TIMEOUT,
    # A connection that broke while it was not used is replaced in any case. One that breaks during a command
    # may have done so after the server executed it, and a second attempt would find the lease lost.
    "retry": Retry(NoBackoff(), 0),
    "max_connections": 1_000_000,  # each thread has one
    "protocol": 2,  # needs one reply less when a connection is made
}


class RedisStore:
    """Records in a Redis server.

    :param client: gives up after a second, and never sends a command twice: the first may have been executed.
    :param prefix: where the keys begin.
    """

    is_durable = True

    def __init__(self, client: Redis, prefix: str = _PREFIX) -> None:
        self._client: Any = client
        self._prefix = prefix
        self._lease = client.register_script(_LEASE)
        self._write = client.register_script(_WRITE)
        self._release = client.register_script(_RELEASE)
        self._delete = client.register_script(_DELETE)
        self._limit = client.register_script(_LIMIT)
        self._due = client.register_script(_DUE)
        self._renew_owned = client.register_script(_RENEW)
        self._outages = Outages()
        self._renewal = Renewal(self._renew_leases)

    def create(self) -> None:
        """Check that the server replies. It needs nothing else."""
        self._ask(self._client.ping)

    def lease(self, kind: Kind, name: str) -> Lease | None:
        """Lease a record, which need not exist yet. Return None while another owner has the lease."""
        token = _new_token()
        found = self._run(self._lease, kind, name, token, _milliseconds(LEASE))
        if found is None:
            return None
        (value,) = found
        return self._keep(Lease(kind, name, token, value))

    def add(self, kind: Kind, name: str, value: bytes) -> Lease:
        """Write a new record and keep it leased."""
        token = _new_token()
        self._run(self._write, kind, name, "", value, _lifetime(kind), _milliseconds(LEASE), token)
        return self._keep(Lease(kind, name, token, value))

    def write(self, lease: Lease, value: bytes, *, free_in: float = 0.0) -> bool:
        """Write a record and end its lease. Return False, and write nothing, if the lease was lost."""
        kind = lease.kind
        self._renewal.remove(lease)
        return bool(
            self._run(
                self._write, kind, lease.name, lease.token, value, _lifetime(kind), _milliseconds(free_in), ""
            )
        )

    def renew(self, lease: Lease) -> bool:
        """Make a lease last as long as a new one. Return False if it was lost."""
        return self._ask(self._renew_leases, [lease]) == 1

    def release(self, lease: Lease) -> None:
        """End a lease without writing. A record without a value is gone then."""
        self._renewal.remove(lease)
        self._run(self._release, lease.kind, lease.name, lease.token)

    def delete(self, lease: Lease) -> bool:
        """Delete a record. Return False, and delete nothing, if the lease was lost."""
        self._renewal.remove(lease)
        return bool(self._run(self._delete, lease.kind, lease.name, lease.token))

    def read(self, kind: Kind, name: str) -> bytes | None:
        """Return the value of a record, None if it has none or does not exist."""
        value: bytes | None = self._ask(self._client.hget, self._key(kind, name), "value")
        return value

    def limit(self, kind: Kind, name: str, seconds: float) -> None:
        """Make an existing record end in so many seconds at the latest, however often it is written."""
        self._run(self._limit, kind, name, _milliseconds(seconds))

    def due(self, kind: Kind, count: int) -> list[str]:
        """Return the names of at most so many records that are free and have a value, longest free first.

        Takes the longer the more records Redis holds, unless the kind is one that stays.
        """
        if kind.lifetime is None:
            names = self._ask(self._due, [self._key(kind)], [count])
            return [_decode(name) for name in names]
        now = self._now()
        free = sorted((free_at, name) for name, _, free_at in self._listed(kind) if free_at <= now)
        return [name for _, name in free[:count]]

    def records(self, kind: Kind) -> list[Record]:
        """Return every record of a kind that has a value, in the order of their names.

        Takes the longer the more records Redis holds, unless the kind is one that stays.
        """
        now = self._now()
        return [
            Record(name, value, max(0, free_at - now) / 1000)
            for name, value, free_at in sorted(self._listed(kind))
        ]

    def forget(self, subject: str) -> None:
        """Delete every record that is about a call or a conference, of any kind.

        Takes the longer the more records Redis holds.
        """
        for key in self._keys(f"{_escape(self._prefix)}*:{_escape(subject)}*"):
            kind, _, name = key.removeprefix(self._prefix).partition(":")
            if name.partition("/")[0] == subject:
                self._ask(self._client.delete, _encode(key))
                self._ask(self._client.zrem, _encode(self._prefix + kind), _encode(name))

    def close(self) -> None:
        """Close connections and stop renewing leases. The store may be used again."""
        self._renewal.close()
        self._client.connection_pool.disconnect()

    def risks(self) -> list[str]:
        """Return what the server's settings put at risk, a sentence each; none if it does not tell them."""
        try:
            settings = {**self._client.info("memory"), **self._client.info("persistence")}
        except RedisError:
            return []
        risks = []
        if not settings.get("aof_enabled", 1):
            risks.append("Redis loses records when it is restarted, because its appendonly is off.")
        policy = settings.get("maxmemory_policy", "noeviction")
        if settings.get("maxmemory", 0) and policy != "noeviction":
            risks.append(
                f"Redis deletes records when its memory is full, because its maxmemory-policy is {policy}."
            )
        return risks

    # -- Leases ------------------------------------------------------------------------------------------

    def _keep(self, lease: Lease) -> Lease:
        self._renewal.add(lease)
        return lease

    def _renew_leases(self, leases: Collection[Lease]) -> int:
        """Renew leases, and return how many were not lost."""
        keys: list[bytes] = []
        arguments: list[Any] = [_milliseconds(LEASE)]
        for lease in leases:
            keys += [self._key(lease.kind, lease.name), self._key(lease.kind)]
            arguments += [lease.token, _encode(lease.name)]
        renewed: int = self._renew_owned(keys=keys, args=arguments)
        return renewed

    # -- Keys and lists ----------------------------------------------------------------------------------

    def _key(self, kind: Kind, name: str | None = None) -> bytes:
        """Return the key of a record, or that of the sorted set of its kind."""
        return _encode(self._prefix + kind.name + ("" if name is None else f":{name}"))

    def _keys(self, pattern: str) -> set[str]:
        """Return the keys that fit a pattern."""
        found = self._ask(lambda: set(self._client.scan_iter(match=_encode(pattern), count=_MANY)))
        return {_decode(key) for key in found}

    def _listed(self, kind: Kind) -> Iterator[tuple[str, bytes, int]]:
        """Yield the name, the value and ``free_at`` of each record of a kind that has a value."""
        if kind.lifetime is None:
            names = [_decode(name) for name in self._ask(self._client.zrange, self._key(kind), 0, -1)]
        else:
            start = f"{self._prefix}{kind.name}:"
            names = [key.removeprefix(start) for key in self._keys(f"{_escape(start)}*")]
        for first in range(0, len(names), _MANY):
            some = names[first : first + _MANY]
            pipeline = self._client.pipeline(transaction=False)
            for name in some:
                pipeline.hmget(self._key(kind, name), "value", "free_at")
            for name, (value, free_at) in zip(some, self._ask(pipeline.execute), strict=True):
                if value is not None:
                    yield name, value, int(free_at)

    def _now(self) -> int:
        seconds, microseconds = self._ask(self._client.time)
        return int(seconds * 1000 + microseconds // 1000)

    # -- Commands ----------------------------------------------------------------------------------------

    def _run(self, script: Any, kind: Kind, name: str, *arguments: Any) -> Any:
        """Run a script for a record, which has the set of names too if its kind stays."""
        keys = [self._key(kind, name)]
        if kind.lifetime is None:
            keys.append(self._key(kind))
        return self._ask(script, keys, [_encode(name), *arguments])

    def _ask(self, command: Callable[..., T], *arguments: Any) -> T:
        reply: T = self._outages.watch(self._ask_now, command, *arguments)
        return reply

    def _ask_now(self, command: Callable[..., T], *arguments: Any) -> T:
        try:
            return command(*arguments)
        except (RedisError, OSError) as error:
            reason = str(error).rstrip(".") or type(error).__name__
        # Not raised above: its context would keep frames in which redis-py has the password.
        raise StoreError(
            f"The Redis server must do what the store asks within {_TIMEOUT:g} s, got: {reason}. Check that"
            " it runs, that the URL of the store is right, and the server's log."
        )


def _new_token() -> str:
    return os.urandom(8).hex()


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)


def _lifetime(kind: Kind) -> int | str:
    return "" if kind.lifetime is None else _milliseconds(kind.lifetime)


def _encode(text: str) -> bytes:
    # Text from JSON may hold half of a surrogate pair, which UTF-8 has not.
    return text.encode(errors="surrogatepass")


def _decode(text: bytes) -> str:
    return text.decode(errors="surrogatepass")


def _escape(text: str) -> str:
    """Return a pattern of Redis that fits exactly a text."""
    return text.translate({ord(character): f"\\{character}" for character in "*?[]\\^"})


# -- Scripts: each is one step for the server, and one round trip --------------------------------------------
# KEYS[1] is the record's key, KEYS[2] that of the set of names, if the kind stays. ARGV[1] is the name.

_NOW = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_OWNED = """
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[2] then return 0 end
"""

# ARGV: name, token, lease. Returns the value in a list, or nil.
_LEASE = f"""{_NOW}
local found = redis.call('HMGET', KEYS[1], 'value', 'free_at')
if found[2] and tonumber(found[2]) > now then return false end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'free_at', now + ARGV[3])
if not found[1] then
    redis.call('PEXPIRE', KEYS[1], 60000)
    if KEYS[2] then redis.call('ZREM', KEYS[2], ARGV[1]) end
elseif KEYS[2] then
    redis.call('ZADD', KEYS[2], now + ARGV[3], ARGV[1])
end
return {{found[1]}}
"""

# ARGV: name, token or '' for a new record, value, lifetime or '', time until it is free, new token or ''.
_WRITE = f"""{_NOW}
local ends
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    local found = redis.call('HMGET', KEYS[1], 'token', 'ends')
    if found[1] ~= ARGV[2] then return 0 end
    ends = tonumber(found[2])
end
redis.call('HSET', KEYS[1], 'value', ARGV[3], 'free_at', now + ARGV[5])
redis.call('HDEL', KEYS[1], 'token')
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'token', ARGV[6]) end
if ARGV[4] ~= '' then ends = math.min(now + ARGV[4], ends or math.huge) end
if ends then redis.call('PEXPIREAT', KEYS[1], ends) else redis.call('PERSIST', KEYS[1]) end
if KEYS[2] then redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[1]) end
return 1
"""

# ARGV: name, token.
_RELEASE = f"""{_NOW}{_OWNED}
if redis.call('HEXISTS', KEYS[1], 'value') == 0 then return redis.call('DEL', KEYS[1]) end
redis.call('HDEL', KEYS[1], 'token')
redis.call('HSET', KEYS[1], 'free_at', now)
if KEYS[2] then redis.call('ZADD', KEYS[2], now, ARGV[1]) end
return 1
"""

# ARGV: name, token.
_DELETE = f"""{_OWNED}
if KEYS[2] then redis.call('ZREM', KEYS[2], ARGV[1]) end
return redis.call('DEL', KEYS[1])
"""

# ARGV: name, time.
_LIMIT = f"""{_NOW}
if redis.call('EXISTS', KEYS[1]) == 0 then return end
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or math.huge)
redis.call('HSET', KEYS[1], 'ends', math.min(ends, now + ARGV[2]))
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
"""

# KEYS: the set of names. ARGV: count.
_DUE = f"""{_NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])
"""

# KEYS: key and set of names of each record. ARGV: lease, then token and name of each record. Returns how many
# leases were not lost.
_RENEW = f"""{_NOW}
local renewed = 0
for i = 1, #KEYS, 2 do
    local found = redis.call('HMGET', KEYS[i], 'token', 'value')
    if found[1] == ARGV[i + 1] then
        renewed = renewed + 1
        redis.call('HSET', KEYS[i], 'free_at', now + ARGV[1])
        if found[2] then
            redis.call('ZADD', KEYS[i + 1], 'XX', now + ARGV[1], ARGV[i + 2])
        else
            redis.call('PEXPIRE', KEYS[i], 60000)
        end
    end
end
return renewed
"""


def open_store(url: str, name: str) -> RedisStore:
    """Return the store of a ``redis://``, ``rediss://`` or ``unix://`` URL.

    The options in the URL are redis-py's, and ``prefix``, with which the store's keys begin: applications
    that share a database need one each.

    Raises :class:`~.exceptions.ConfigurationError` for a URL that cannot be used.
    """
    # No message shows the URL: a mistyped one may have its password anywhere.
    must = f"{name} must be a URL such as 'redis://localhost:6379/0'"
    base, _, query = url.partition("?")
    options = dict(parse_qsl(query))
    prefix = options.pop("prefix", _PREFIX)
    try:
        parts = urlsplit(base)
        port_is_known = parts.port != 0
    except ValueError:
        port_is_known = False
    if not port_is_known:
        raise ConfigurationError(
            f"{must}, got one without a usable host and port. In a password, write %2F for a slash."
        )
    database = parts.path.removeprefix("/")
    if parts.scheme != "unix" and database and not database.isdecimal():
        raise ConfigurationError(f"{must}, got one with a database that is not a number. Give its number.")
    try:
        client = Redis.from_url(f"{base}?{urlencode(options)}", **_CLIENT)
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # does not connect, but checks the options
    except (TypeError, ValueError, RedisError) as error:
        reason = str(error)
    else:
        return RedisStore(client, prefix)
    raise ConfigurationError(f"{must}, got one with a wrong option: {reason}. Correct the option.")
