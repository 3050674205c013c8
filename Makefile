EXTENSION = osmeta
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" osmeta.control)
MODULE_big = osmeta
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c))
DATA_built = osmeta--$(EXTVERSION).sql
EXTRA_CLEAN = osmeta--$(EXTVERSION).sql
PG_CPPFLAGS = -DOSMETA_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Werror
PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)
osmeta--$(EXTVERSION).sql: $(sort $(wildcard src/sql/*.sql))
	cat $^ > $@
