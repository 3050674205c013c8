# osmeta
#
#	make, make install	build and install the extension (PGXS)
#	make test			all tests, in throwaway clusters
#	make demo			the whole job once, in a throwaway cluster; KEEP=1
#						leaves the cluster up
#	make tds			all tests that need a T-SQL server, also those that
#						take minutes; CONTRIBUTING.md says how one is found
#	make bench			speed against plain SQL, as ratios
#	make torture		migrations interrupted by chance; RUNS=100 sets how
#						many, SEED=1 which ones, TORTURE_TARGET=tds that
#						they go to a T-SQL server
#	make fuzz			fuzz the parsers; SECONDS=600 sets how long
#	make indent			format the C sources
#	make installcheck	the regression tests against a running server that
#						has the extension installed; CONTRIBUTING.md says
#						what it needs
#
# test, demo, bench, torture, fuzz and indent install the Debian packages that are
# missing and write nothing into this folder but what make indent formats and
# the pictures that make demo leaves in demo/output.

EXTENSION = osmeta
# The control file is the one source of the version.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" osmeta.control)

MODULE_big = osmeta
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c))
SCRIPT = osmeta--$(EXTVERSION).sql
DATA_built = $(SCRIPT)
DATA = $(wildcard osmeta--*--*.sql)
PG_CPPFLAGS = -DOSMETA_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Werror
PGFILEDESC = "osmeta - OutSystems factories in SQL"
# REGRESS stays empty: each file of sql/ gets a database of its own, which
# test/regress sees to.
NO_INSTALLCHECK = 1
EXTRA_CLEAN = $(SCRIPT) results

PG_CONFIG ?= pg_config
export PG_CONFIG

# On a machine without PostgreSQL the targets that install it must still work,
# so a missing PGXS is an error of the targets that need it only.
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifneq ($(and $(PGXS),$(wildcard $(PGXS))),)

# Bitcode for the just-in-time compiler needs the clang that the server was
# built with; without it the extension is complete all the same.
CLANG_USED := $(shell sed -n 's/^CLANG *= *//p' '$(dir $(PGXS))../Makefile.global')
ifeq ($(shell command -v $(CLANG_USED)),)
override with_llvm = no
endif

include $(PGXS)

# osmeta_tds is an extension of its own, for those who have FreeTDS.
FREETDS := $(shell printf '\043include <sybdb.h>\n' | \
	$(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo yes)
ifeq ($(FREETDS),yes)
.PHONY: all-tds install-tds
all: all-tds
install: install-tds
all-tds:
	$(MAKE) -C tds all
install-tds: all-tds
	$(MAKE) -C tds install
else
all: no-tds
.PHONY: no-tds
no-tds:
	@echo 'osmeta_tds is left out: there is no FreeTDS (sybdb.h; Debian: freetds-dev)'
endif
clean: clean-tds
.PHONY: clean-tds
clean-tds:
	$(MAKE) -C tds clean

else

all install:
	@echo "$(PG_CONFIG) finds no PostgreSQL server headers:" \
		"install postgresql-server-dev-15 or run test/packages build" >&2
	@exit 1

clean:
	rm -rf src/*.o src/*.bc osmeta.so $(EXTRA_CLEAN)
	rm -f tds/*.o tds/*.bc tds/osmeta_tds.so tds/osmeta_tds.control tds/osmeta_tds--*.sql

endif

# A folder for temporary files that is not there is no use to anything below.
ifeq ($(wildcard $(TMPDIR)/.),)
export TMPDIR = /var/tmp
endif

.DELETE_ON_ERROR:
.PHONY: all install installcheck clean test tds demo bench torture fuzz indent

$(OBJS) $(OBJS:.o=.bc): $(wildcard src/*.h) osmeta.control Makefile

$(SCRIPT): $(sort $(wildcard src/sql/*.sql)) osmeta.control
	cat $(sort $(wildcard src/sql/*.sql)) > $@

installcheck:
	test/regress results

test:
	@test/run

tds:
	@OSMETA_TDS_ALL=1 test/run tap

demo:
	@test/demo

bench:
	@test/packages build
	@test/stage test/tds test/cluster test/bench/run

RUNS ?= 100
torture:
	@test/packages test
	@TORTURE_RUNS=$(RUNS) $(if $(SEED),TORTURE_SEED=$(SEED)) test/stage test/torture/torture.pl

SECONDS ?= 600
fuzz:
	@test/packages test
	@test/fuzz/run $(SECONDS)

indent:
	@test/packages test
	@test/stage tools/indent
