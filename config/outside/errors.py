"""Why a call outside has no usable answer. Messages name no address: some are secret, some are hostile."""


class OutsideError(Exception):
    """Raised where a call outside has no usable answer; `reason` is a word for logs."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class AddressRefused(OutsideError):
    """The address is not http or https, is malformed, or leads to an internal network: nothing was sent."""


class NoAnswer(OutsideError):
    """The host is unknown, unreachable, not trusted, too slow, or hung up before the end."""


class AnswerRefused(OutsideError):
    """An answer came and is not taken: too large, or in an encoding that was not asked for."""


class HostResting(OutsideError):
    """The host failed too often of late: nothing was sent. It may be tried again in `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__("host_resting", f"the host failed too often of late and is left alone for {retry_after:.1f} s")
