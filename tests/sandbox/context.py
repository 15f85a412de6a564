"""The sandbox as a whole: the parts that every endpoint uses."""

from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from tests.sandbox.control.faults import FaultBoard
from tests.sandbox.control.request_log import RequestLog
from tests.sandbox.simulation.simulator import Simulator
from tests.sandbox.state import State
from tests.sandbox.wire.grants import GrantStore
from tests.sandbox.wire.limits import SlidingWindow
from tests.sandbox.wire.webhooks import Webhooks
from tests.sandbox.world import World


@dataclass(frozen=True)
class Settings:
    """The options that the sandbox was started with."""

    client_key: str = "sandbox-client-key"
    client_secret: str = "sandbox-client-secret"
    seed: int = 1
    epoch: int | None = None  # None: the last UTC midnight, at the first start
    speed: float = 1.0
    redirect_uris: tuple[str, ...] = field(default=())  # none: any on this machine
    webhook_url: str = ""
    state_file: Path | None = None


class Sandbox:
    """One simulated TikTok with one registered client. `reset` returns it to its first state."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        stored = settings.state_file if settings.state_file and settings.state_file.exists() else None
        state = (
            State.load(stored, settings.seed, settings.speed)
            if stored
            else State.fresh(settings.seed, settings.speed, settings.epoch)
        )
        self.simulator = Simulator(state.seed, state.epoch)  # outlives resets: simulating posts takes a moment
        self._begin(state)
        self.save()

    def reset(self) -> None:
        """Forget all events; the epoch, and with it the history of every creator, stays."""
        self.webhooks.give_up()
        self._begin(State.fresh(self.settings.seed, self.settings.speed, self.state.epoch))
        self.save()

    def save(self) -> None:
        """Write the state file, if there is one."""
        if self.settings.state_file:
            self.state.save(self.settings.state_file)

    def disconnect(self, creator: str, reason: int) -> int:
        """End a creator's grants, notify the client by webhook, and return the number of grants ended."""
        ended = self.grants.withdraw(creator)
        if ended:
            self.save()
            self.webhooks.send("authorization.removed", creator, {"reason": reason})
        return ended

    def _begin(self, state: State) -> None:
        self.state = state
        self.world = World(state, self.simulator, self.save)
        self.grants = GrantStore(state.grants)
        self.limits = SlidingWindow()
        self.faults = FaultBoard()
        self.log = RequestLog()
        settings = self.settings
        self.webhooks = Webhooks(settings.client_key, settings.client_secret, settings.webhook_url)


def sandbox_of(request: Request) -> Sandbox:
    """Return the sandbox that serves a request."""
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox
