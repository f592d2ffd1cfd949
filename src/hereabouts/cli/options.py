"""Options that several commands share."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hereabouts.client.names import with_domain
from hereabouts.config import Settings, load

Several = list[str] | None
"An option that may be given several times."

Flag = Annotated[bool, Parameter(show_default=False)]
"An option without a value."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Place:
    """Which server is meant: the one whose settings these are."""

    config: Annotated[Path | None, Parameter(env_var="HEREABOUTS_CONFIG")] = None
    "A TOML file of settings."
    store: str | None = None
    "The file that keeps the server's state; `:memory:` keeps nothing."
    domain: Several = None
    "A domain to serve, this machine's name if none is given; may be given several times."
    assignments: Annotated[Several, Parameter(name="--set")] = None
    "Any setting, as SECTION.KEY=VALUE; may be given several times."

    def settings(self, **options: object) -> Settings:
        """The settings: these options over the environment over the file over the defaults.

        Raises:
            BadSetting: one cannot be taken; says where it stands and what to do.
        """
        settings = load(
            self.config,
            os.environ,
            self.assignments or [],
            store=self.store,
            domain=self.domain,
            **options,
        )
        return with_domain(settings)
