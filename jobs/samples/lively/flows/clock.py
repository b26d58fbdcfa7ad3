"""What keeps this sample going: a job that starts the flows far more often than their schedules.

Leave the screen open and watch, or end it: cancel this job. It ends by itself after its minutes.
With speed=10 every second of work takes a tenth of one.
"""

import sys

from jobmon.jobs import Flow, Param

SPEED = Param(float, default=1.0, help="how fast everything goes")
MINUTES = Param(float, default=60.0, help="how long it goes on")
flow = Flow(
    "clock",
    params={"speed": SPEED, "minutes": MINUTES},
    description="Starts the flows of the sample in turn",
)
flow.exec(
    "start the others",
    [sys.executable, "-P", "-m", "jobmon.tui.clockwork", SPEED, MINUTES],
    lock="clock",
    effects="idempotent",
    on_lost="rerun",
)
