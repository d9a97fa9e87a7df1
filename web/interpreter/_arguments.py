"""What C makes of the arguments of a socket's methods, and with which words it refuses them."""


def bytes_of(data):
    """A view of whatever has bytes."""
    if isinstance(data, memoryview) and not data.c_contiguous:
        raise BufferError("memoryview: underlying buffer is not C-contiguous")
    try:
        return memoryview(data).cast("B")
    except TypeError:
        if isinstance(data, str) or not hasattr(data, "__buffer__"):
            raise TypeError(f"a bytes-like object is required, not '{type(data).__name__}'") from None
        return memoryview(bytes(data))


def int_of(value):
    """What C takes as an `int`."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    value = value.__index__()
    if not -(2**31) <= value < 2**31:
        raise OverflowError("signed integer is greater than maximum" if value > 0 else "signed integer is less than minimum")
    return value


def seconds_of(value):
    """A timeout as a program gives it: seconds, or nothing."""
    if value is None:
        return None
    if not isinstance(value, (int, float)):
        if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        value = float(value) if hasattr(value, "__float__") else value.__index__()
    if value != value:
        raise ValueError("Invalid value NaN (not a number)")
    if value > 9223372036:
        raise OverflowError("timestamp too large to convert to C PyTime_t")
    if value < 0:
        raise ValueError("Timeout value out of range")
    return float(value)
