"""The initiator: supervises one attempt after another and outlives the runtime. Stdlib only."""
