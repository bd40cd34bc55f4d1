# The commands of the README. `make demo` and `make test` need Debian 12, Swift 6 and root (or sudo), and nothing else:
# they install what is missing of packages.txt.

PREFIX ?= /usr/local
BUILD = swift build -c release
EXECUTABLE = .build/release/sallyport
TESTABLE = -Xswiftc -enable-testing
# As root already, or by sudo with the same environment, which has the Swift toolchain in its PATH.
AS_ROOT = $(shell [ "$$(id -u)" = 0 ] || echo sudo env "PATH=$$PATH")
FUZZ_SECONDS ?= 10
REPORT ?= Benchmarks/results/latest
SWIFT_FILES = Package.swift Benchmarks/Package.swift $(wildcard Benchmarks/*/) Plugins Sources Tests \
	Fuzz/Package.swift Fuzz/Sources

.PHONY: demo test test-nic thread-sanitizer bench bench-quick paper instructions install format lint clean

# Shows FTP and SIP through a NAT router, without and with the gateway, in network namespaces of its own.
demo:
	tools/install-packages build demo
	$(BUILD) --product sallyport
	$(AS_ROOT) $(EXECUTABLE) lab all

# Everything that is tested: formatting, unit tests, tests on real links, fuzzing for a short time. With optimisation,
# because ten thousand simulated conversations take ten times as long without.
test: lint
	tools/install-packages build demo test
	$(BUILD) $(TESTABLE) --build-tests
	$(AS_ROOT) swift test -c release $(TESTABLE) --skip-build
	Fuzz/run $(FUZZ_SECONDS)

# The gateway on real drivers, virtio-net and igb, in a guest under software emulation. Downloads 200 MB once.
test-nic:
	tools/install-packages build demo test
	$(BUILD) --product sallyport
	$(BUILD) --product test-nic
	if Tests/NIC/prepare-guest .build/nic; then $(AS_ROOT) .build/release/test-nic $(EXECUTABLE) .build/nic; fi

# What threads share, under the thread sanitizer, which builds everything once more: the hand-over between workers.
thread-sanitizer:
	tools/install-packages build demo test
	swift build --build-tests --sanitize=thread --scratch-path .build/thread
	$(AS_ROOT) env SALLYPORT_PACKETS=60000 swift test --sanitize=thread --scratch-path .build/thread --skip-build \
		--filter 'HandOverRingTests|HandOverTests|SharingTests'

# Measures everything beside its peers, within 20 minutes, or roughly within 3, and reports in the directory REPORT.
bench: QUICK =
bench-quick: QUICK = --quick
bench bench-quick:
	tools/install-packages build demo test
	$(BUILD) --product sallyport
	$(BUILD) --package-path Benchmarks
	$(AS_ROOT) Benchmarks/.build/release/report $(QUICK) --gateway $(EXECUTABLE) --output $(REPORT)

# Counts the instructions of every operation of the packet path, and compares them with Benchmarks/instructions.txt.
instructions:
	tools/install-packages build test
	Benchmarks/instructions

# Puts the figures of a report into docs/scaling.md.
paper:
	$(BUILD) --package-path Benchmarks --product paper
	Benchmarks/.build/release/paper $(REPORT)/report.json docs/scaling.md

# With the Swift libraries inside, so that the binary runs where there is no toolchain.
install:
	tools/install-packages build
	$(BUILD) --static-swift-stdlib --product sallyport
	install -D $(EXECUTABLE) $(DESTDIR)$(PREFIX)/bin/sallyport
	install -D -m 644 packaging/sallyport.yaml $(DESTDIR)$(PREFIX)/share/doc/sallyport/sallyport.yaml
	install -D -m 644 packaging/sallyport.8 $(DESTDIR)$(PREFIX)/share/man/man8/sallyport.8
	install -d $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/sallyport.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/sallyport.service
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -d $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(EXECUTABLE) --generate-completion-script bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/sallyport
	$(EXECUTABLE) --generate-completion-script zsh >$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_sallyport
	$(EXECUTABLE) --generate-completion-script fish >$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sallyport.fish

format:
	swift format --in-place --recursive --parallel $(SWIFT_FILES)

lint:
	swift format lint --strict --recursive --parallel $(SWIFT_FILES)

clean:
	swift package clean
	rm -rf .build/servers .build/apt .build/nic Fuzz/.build Benchmarks/.build
