# Short names for `python3 dev.py ...`, which needs no make.
.PHONY: run test check fix bench chaos lock

run test check fix bench chaos lock:
	@python3 dev.py $@
