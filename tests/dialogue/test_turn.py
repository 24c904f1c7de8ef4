"""What is remembered between messages, and for how long."""

from __future__ import annotations

from app.dialogue.turn import Sessions, Turn


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def sessions(capacity: int = 3, idle_seconds: float = 60.0) -> tuple[Sessions, Clock]:
    clock = Clock()
    return Sessions(clock, capacity=capacity, idle_seconds=idle_seconds), clock


def test_what_was_put_is_found_again_under_its_own_id_only() -> None:
    kept, _ = sessions()
    kept.put("a", Turn(answered="ca-01"))
    kept.put("b", Turn(answered="ca-02", misses=2))
    assert kept.get("a") == Turn(answered="ca-01")
    assert kept.get("b") == Turn(answered="ca-02", misses=2)
    assert kept.get("c") == Turn()


def test_the_latest_turn_replaces_the_one_before() -> None:
    kept, _ = sessions()
    kept.put("a", Turn(misses=1))
    kept.put("a", Turn(misses=2))
    assert kept.get("a") == Turn(misses=2)
    assert len(kept) == 1


def test_without_a_session_id_nothing_is_kept() -> None:
    kept, _ = sessions()
    kept.put(None, Turn(answered="ca-01"))
    assert kept.get(None) == Turn()
    assert len(kept) == 0


def test_beyond_the_capacity_the_one_silent_longest_is_forgotten() -> None:
    kept, _ = sessions(capacity=3)
    for name in ("a", "b", "c"):
        kept.put(name, Turn(answered=f"of-{name}"))
    kept.put("a", Turn(answered="of-a-again"))
    kept.put("d", Turn(answered="of-d"))
    assert len(kept) == 3
    assert kept.get("b") == Turn()
    assert [kept.get(name).answered for name in ("a", "c", "d")] == ["of-a-again", "of-c", "of-d"]


def test_the_number_kept_is_bounded_however_many_come() -> None:
    kept, _ = sessions(capacity=3)
    for i in range(1000):
        kept.put(str(i), Turn(misses=i))
    assert len(kept) == 3
    assert kept.get("999") == Turn(misses=999)


def test_an_idle_conversation_starts_anew_and_a_live_one_goes_on() -> None:
    kept, clock = sessions(idle_seconds=60.0)
    kept.put("idle", Turn(answered="ca-01"))
    kept.put("live", Turn(answered="ca-02"))
    clock.now += 50
    kept.put("live", kept.get("live"))
    clock.now += 50
    assert kept.get("idle") == Turn()
    assert kept.get("live") == Turn(answered="ca-02")


def test_a_clock_that_starts_at_zero_is_a_clock_too() -> None:
    """Monotonic clocks may start anywhere: an id never seen is new, not merely young."""
    clock = Clock()
    clock.now = 0.0
    kept = Sessions(clock)
    assert kept.get("a") == Turn()
    kept.put("a", Turn(misses=1))
    assert kept.get("a") == Turn(misses=1)
