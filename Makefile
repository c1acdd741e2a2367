TESTS = $(shell find dist/test -name '*$(T)*.test.js')

build:         ## compile src, workers and test into dist
	rm -rf dist && npx tsc -p .
lint:          ## format, lint, import layering
	npx biome ci .
test: build    ## all tests, or those whose file name contains T
	node --enable-source-maps --test $(or $(TESTS),$(error no test matches T=$(T)))
check: lint test
.PHONY: build lint test check
