#!/bin/sh
# Entry point of a MariaDB image that reads what the official one does: the variable MARIADB_ROOT_PASSWORD, and as
# arguments those of the server.
set -eu
umask 077
data=/var/lib/mysql
for argument in "$@"; do
  case $argument in --datadir=*) data=${argument#*=} ;; esac
done
if [ ! -d "$data/mysql" ]; then
  # Under another name until it is complete: whoever is killed on the way begins anew.
  rm -rf "$data.unfinished"
  mariadb-install-db --no-defaults --basedir=/usr --datadir="$data.unfinished" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=normal
  mariadbd --no-defaults --bootstrap --datadir="$data.unfinished" <<SQL
FLUSH PRIVILEGES;
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
FLUSH PRIVILEGES;
CREATE USER root@'%' IDENTIFIED BY '$MARIADB_ROOT_PASSWORD';
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
SQL
  mv "$data.unfinished" "$data"
fi
unset MARIADB_ROOT_PASSWORD
exec mariadbd --no-defaults --bind-address=0.0.0.0 --socket=/run/mysqld/mysqld.sock --skip-log-bin "$@"
