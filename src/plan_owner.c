/*-------------------------------------------------------------------------
 *
 * plan_owner.c
 *	  The relations of a plan belong to its owner, whoever makes them.
 *
 * A run can be called by any member of the plan's owner, and by a superuser;
 * what they create in the plan's schema is handed over before it is
 * committed, else the owner could neither go on nor verify nor undo.
 *
 *-------------------------------------------------------------------------
 */
#include "plan_run.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "spi.h"

void
osmeta_hand_over(const MigrationPlan *plan)
{
	Oid			owner = get_role_oid(plan->owner, true);
	uint64		rows;
	char	  **statement;

	if (!OidIsValid(owner) || owner == GetUserId())
		return;
	rows = osmeta_execf("SELECT format('ALTER TABLE %%I.%%I OWNER TO %%I', n.nspname, c.relname, %s)"
						" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
						" WHERE n.nspname = %s AND c.relkind IN ('r', 'v', 'f')"
						" AND c.relowner = (SELECT u.oid FROM pg_roles u WHERE u.rolname = current_user)",
						quote_literal_cstr(plan->owner),
						quote_literal_cstr(plan->name));
	statement = palloc(sizeof(char *) * Max(rows, 1));
	for (uint64 i = 0; i < rows; i++)
		statement[i] = osmeta_text_at(i, 1);
	for (uint64 i = 0; i < rows; i++)
		osmeta_exec(statement[i]);
}

void
osmeta_run_commit(Run *run)
{
	osmeta_hand_over(run->plan);
	osmeta_spi_commit(&run->nest_level);
}
