-- The two factories as foreign servers.  With a real factory this is where
-- tds_fdw or oracle_fdw comes in; see README.md.
CREATE EXTENSION postgres_fdw;

CREATE SERVER factory_prod FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host :'host', port :'port', dbname 'factory_prod', fetch_size '1000');
CREATE SERVER factory_qa FOREIGN DATA WRAPPER postgres_fdw
    OPTIONS (host :'host', port :'port', dbname 'factory_qa', fetch_size '1000', batch_size '500');

CREATE USER MAPPING FOR CURRENT_USER SERVER factory_prod
    OPTIONS (user :'user', password :'password');
CREATE USER MAPPING FOR CURRENT_USER SERVER factory_qa
    OPTIONS (user :'user', password :'password');
