"""What each kind of operation does with the stack: preview, up, refresh, drift, destroy, down, recover."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi import automation as pulumi_automation
from pulumi.automation import CommandError, OutputMap

from agno_ha.operations import automation, digests, health, reach, recovery
from agno_ha.operations.errors import NO_CLI, OperationError, explained
from agno_ha.operations.masking import Mask, secrets_of
from agno_ha.operations.model import Body, Outputs, Progress
from agno_ha.operations.translation import Events
from agno_ha.operations.workspace import Workspace

PLAN = "plan"
"""The part of what a preview saw that is its own result: the steps."""


class Work:
    """One operation on one stack, as it is carried out in this process."""

    def __init__(self, workspace: Workspace, emit: Callable[[Body], None]) -> None:
        """Prepare nothing yet.

        Args:
            workspace: the project and its stack.
            emit: given each event.
        """
        self.workspace = workspace
        self.mask = Mask()
        self.changes: Mapping[str, int] = {}
        self._emit = emit
        self._opened: pulumi_automation.Stack | None = None
        self._state: Mapping[str, Any] = {}

    def say(self, line: str) -> None:
        """Tell a person what is done now."""
        self._emit(Progress(message=self.mask(line)))

    # The kinds ---------------------------------------------------------------------------------------------

    def preview(self) -> dict[str, dict[str, str]]:
        """Preview with the policies; return what it saw and what it plans.

        Raises:
            OperationError: a policy, the program or a provider refused, or files changed meanwhile.
        """
        self._prepare()
        stack = self._stack()
        before = digests.seen(self.workspace, self._state)
        plan = self._plan(stack)
        if changed := digests.differences(before, digests.seen(self.workspace, self._state)):
            raise OperationError(f"Changed while it was previewed: {'; '.join(changed)}. Preview again.")
        return {**before, PLAN: plan}

    def up(self, approved: digests.Seen) -> None:
        """Deploy what was previewed, with the policies, and see that it runs.

        Args:
            approved: what the approved preview saw and planned.

        Raises:
            OperationError: something changed since the preview, and nothing was touched; or what the engine said.
        """
        stack = self._stack()
        self._refuse_changed(approved)
        self.workspace.keep(self.workspace.private / "deployed-by", "pulumi")
        with health.watched(self.workspace) as platform:
            with self._engine("Deploying", platform.reasons) as events:
                packs = automation.packs(self.workspace)
                refresh = automation.taken_back(self._state)
                outputs = stack.up(policy_packs=packs, on_event=events.see, refresh=refresh).outputs
            state = automation.state(stack)
            self.mask.learn(secrets_of(state))  # those that it has generated too
            self._emit(Outputs(values=self.mask.outputs(outputs)))
            self._keep_key(outputs)
            platform.check(outputs, state, self.say)

    def refresh(self) -> None:
        """Make the state what the real world is."""
        stack = self._stack()
        with self._engine("Reading the real world into the state") as events:
            stack.refresh(on_event=events.see)

    def drift(self) -> None:
        """Emit what differs in the real world as planned steps; changes nothing."""
        stack = self._stack()
        with self._engine("Comparing the real world with the state", drift=True) as events:
            stack.preview_refresh(on_event=events.see)

    def destroy(self, *, keep_data: bool = False) -> None:
        """Delete the stack; with `keep_data` all but what holds data and the secrets that open it.

        It refreshes first: the provider fails to delete what is already gone.

        Raises:
            OperationError: something of it is protected, or on another node of the Swarm, and nothing was deleted; or
                what the engine said.
        """
        stack = self._stack()
        resources = self._state.get("resources", [])
        going = automation.without_data(resources) if keep_data else resources
        automation.refuse_protected(stack.name, going)
        if resources and not keep_data and self.workspace.values().get("target") == "docker":
            self._check_volumes()
        targets = [entry["urn"] for entry in going] if keep_data else None
        if resources and targets != []:
            with self._engine("Previewing what goes") as events:
                stack.preview_destroy(target=targets, on_event=events.see)
            with self._engine("Deleting") as events:
                stack.destroy(target=targets, on_event=events.see, refresh=True)
        if not keep_data:
            automation.remove(stack)
            for name in ("security-key", "deployed-by"):
                (self.workspace.private / name).unlink(missing_ok=True)

    def recover(self) -> None:
        """Make the state true again after a killed run, and remove what no state knows; deploys nothing."""
        recovery.refuse_while_at_work(self.workspace)
        recovery.mend_attributes(self.workspace)
        stack = self._stack()
        with self._engine("Reading from the platform what became of the interrupted steps") as events:
            recovery.unlock(stack)
            stack.refresh(clear_pending_creates=True, on_event=events.see)
        recovery.remove_unknown(self.workspace, automation.state(stack).get("resources", []), self.say)

    # -------------------------------------------------------------------------------------------------------

    def _stack(self) -> pulumi_automation.Stack:
        """Return the stack, opened once, with all its secrets known to the mask."""
        if self._opened is None:
            if self.workspace.deployed_by == "docker":
                raise OperationError(
                    "This stack was brought up without the Pulumi CLI and has no state (docs/without-pulumi.md: how "
                    "to move). Use agno-ha up and agno-ha down."
                )
            cli = automation.command(self.workspace, self.say)
            if cli is None:
                raise OperationError(NO_CLI)
            self._opened = automation.select(self.workspace, cli)
            values = self._opened.get_all_config().values()
            self.mask.learn(value.value for value in values if value.secret)
            self._state = automation.state(self._opened)
            self.mask.learn(secrets_of(self._state))
        return self._opened

    def _prepare(self) -> None:
        """Check the configuration; on Docker make the engine, its Swarm and the images ready."""
        if self.workspace.values().get("target") == "docker":
            from agno_ha.operations import quickstart

            quickstart.prepare(self.workspace, self.say, lambda _: None)
        else:
            reach.read(self.workspace)

    def _check_volumes(self) -> None:
        from agno_ha.operations import swarm, swarm_removal

        with swarm.engine() as client:
            # An earlier down may have left it, and the volumes stay.
            swarm.ensure_swarm(self.workspace, client, self.say)
            swarm_removal.check_volumes(client, self.workspace.namespace, self.say)

    def _plan(self, stack: pulumi_automation.Stack, *, quiet: bool = False) -> dict[str, str]:
        """Preview with the policies; return resource → what is planned for it."""
        packs = automation.packs(self.workspace)
        with self._engine("Previewing with the policies", quiet=quiet) as events:
            # As the up does it.
            refresh = automation.taken_back(self._state)
            stack.preview(policy_packs=packs, on_event=events.see, refresh=refresh)
        return {f"{step.resource} {step.op}": ", ".join(step.properties) for step in events.steps}

    def _refuse_changed(self, approved: digests.Seen) -> None:
        # Planned again: what no digest holds, such as a provider's answer, shows itself in the steps. The digests
        # come last, right before the engine begins.
        stack = self._stack()
        plan = self._plan(stack, quiet=True)
        self.say("Comparing with the approved preview")
        now = {**digests.seen(self.workspace, automation.state(stack)), PLAN: plan}
        if changed := digests.differences(approved, now):
            raise OperationError(refusal(changed))

    def _keep_key(self, outputs: OutputMap) -> None:
        if key := outputs["securityKey"].value if "securityKey" in outputs else None:
            self.workspace.keep(self.workspace.security_key_file, str(key))

    @contextmanager
    def _engine(
        self,
        what: str,
        reasons: Callable[[], list[str]] = list,
        *,
        drift: bool = False,
        quiet: bool = False,
    ) -> Iterator[Events]:
        """Say what begins, give what takes the engine's events, and turn a failure into words."""
        self.say(what)
        events = Events((lambda _: None) if quiet else self._emit, self.mask, drift=drift)
        try:
            yield events
        except CommandError as error:
            # A provider says that an update was rolled back; the platform knows why.
            text = "\n".join([explained(error, [*events.violations, *events.errors]), *reasons()])
            raise OperationError(self.mask(text)) from None
        finally:
            self.changes = (not quiet and events.changes) or self.changes


def refusal(changed: list[str]) -> str:
    """Return why an approved preview can't be carried out."""
    return f"Changed since the approved preview: {'; '.join(changed)}. Nothing was touched; preview again."
