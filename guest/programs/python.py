"""ROUNDS rounds of small computations with known answers; prints ok."""
import sys
from math import isqrt


def spectral_norm(n):
    def a(i, j):
        return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)

    def times(v, transposed):
        return [sum((a(j, i) if transposed else a(i, j)) * v[j] for j in range(n)) for i in range(n)]

    u = [1.0] * n
    for _ in range(3):
        v = times(times(u, False), True)
        u = times(times(v, False), True)
    uv = sum(x * y for x, y in zip(u, v))
    vv = sum(x * x for x in v)
    return (uv / vv) ** 0.5


def pi_digits(digits):
    """Machin's formula in integers."""

    def arctan(inverse, unit):
        term = total = unit // inverse
        n, sign = 3, -1
        while term:
            term //= inverse * inverse
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total

    unit = 10 ** (digits + 10)
    return (4 * (4 * arctan(5, unit) - arctan(239, unit))) // 10**10


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def primes(limit):
    sieve = bytearray([1]) * limit
    sieve[0:2] = b"\0\0"
    for i in range(2, isqrt(limit) + 1):
        if sieve[i]:
            sieve[i * i :: i] = bytes(len(range(i * i, limit, i)))
    return sum(sieve)


def words():
    counts = {}
    for i in range(3000):
        word = "".join(chr(97 + (i * k) % 7) for k in (1, 3, 5))
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items())[0], len(counts)


for _ in range(int(sys.argv[1])):
    assert f"{spectral_norm(20):.9f}" == "1.273839841"
    assert str(pi_digits(300))[-20:] == "13393607260249141273"
    assert fib(15) == 610
    assert primes(20000) == 2262
    assert words() == (("aaa", 429), 7)
print("ok")
