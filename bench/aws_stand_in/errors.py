"""The one error that an operation raises: what AWS would refuse."""


class Refusal(Exception):
    """AWS's error `code`, its `message`, and the HTTP `status` that carries it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
