"""Who takes part in the thesis' figures, by the names that it gives them."""

from __future__ import annotations

WATCHER = "Watcher"
W_PA = "W-PA"
W_SIP = "W-SIP server"
P_SIP = "P-SIP server"
P_PA = "P-PA"
PUA = "PUA"
DEVICE = "Device"
REGISTRAR = "Registrar"
DATABASE = "Database"
POLICY = "Policy server"
