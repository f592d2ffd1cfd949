"""The devices that there are: what PUAs read, one file each."""

from collections.abc import Callable

from hereabouts.base.journal import Journal
from hereabouts.devices.file import FileDevice
from hereabouts.devices.manual import ManualDevice
from hereabouts.presence.pua import Device

DEVICES: dict[str, Callable[[str, Journal], Device]] = {
    "file": FileDevice.named,
    "manual": ManualDevice.named,
}
"By the word before the colon in `--device file:PATH`: what makes one of what stands behind it."
