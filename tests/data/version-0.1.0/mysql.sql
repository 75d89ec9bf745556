CREATE TABLE libraries (
	id INTEGER NOT NULL AUTO_INCREMENT, 
	name VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
	collection VARCHAR(255) NOT NULL, 
	encoder VARCHAR(32) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	`index` JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	caller VARCHAR(64) NOT NULL, 
	threshold FLOAT, 
	spare VARCHAR(255), 
	fitted_load INTEGER, 
	PRIMARY KEY (id), 
	UNIQUE (name)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE jobs (
	id INTEGER NOT NULL AUTO_INCREMENT, 
	kind VARCHAR(32) NOT NULL, 
	library VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
	title MEDIUMTEXT NOT NULL, 
	digest MEDIUMTEXT NOT NULL, 
	`by` MEDIUMTEXT NOT NULL, 
	owner VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	doing MEDIUMTEXT NOT NULL, 
	done BIGINT NOT NULL, 
	total BIGINT NOT NULL, 
	rate DOUBLE, 
	seconds_left DOUBLE, 
	message MEDIUMTEXT NOT NULL, 
	hint MEDIUMTEXT NOT NULL, 
	result MEDIUMTEXT NOT NULL, 
	cancel_asked BOOL NOT NULL, 
	submitted_at DATETIME(6) NOT NULL, 
	started_at DATETIME(6), 
	finished_at DATETIME(6), 
	heartbeat DOUBLE NOT NULL, 
	under_way VARCHAR(64), 
	PRIMARY KEY (id), 
	UNIQUE (under_way)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE TABLE evaluations (
	id INTEGER NOT NULL AUTO_INCREMENT, 
	name MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	created_at DATETIME(6) NOT NULL, 
	`by` MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	source MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	seed BIGINT NOT NULL, 
	seconds INTEGER NOT NULL, 
	machine JSON NOT NULL, 
	versions JSON NOT NULL, 
	settings JSON NOT NULL, 
	report LONGBLOB NOT NULL, 
	PRIMARY KEY (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE runs (
	id VARCHAR(32) COLLATE utf8mb4_bin NOT NULL, 
	name MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	found_by MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	created_at DATETIME(6) NOT NULL, 
	`by` MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	library MEDIUMTEXT COLLATE utf8mb4_bin NOT NULL, 
	encoder VARCHAR(32) NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	contents VARCHAR(64) NOT NULL, 
	queries INTEGER NOT NULL, 
	about JSON NOT NULL, 
	PRIMARY KEY (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE INDEX ix_runs_created_at ON runs (created_at);
CREATE TABLE encoder_arrays (
	library_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	part INTEGER NOT NULL, 
	data LONGBLOB NOT NULL, 
	PRIMARY KEY (library_id, name, part), 
	FOREIGN KEY(library_id) REFERENCES libraries (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE caller_arrays (
	library_id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	part INTEGER NOT NULL, 
	data LONGBLOB NOT NULL, 
	PRIMARY KEY (library_id, name, part), 
	FOREIGN KEY(library_id) REFERENCES libraries (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE families (
	library_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	name VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
	PRIMARY KEY (library_id, number), 
	FOREIGN KEY(library_id) REFERENCES libraries (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE loads (
	id INTEGER NOT NULL AUTO_INCREMENT, 
	library_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	source TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	`by` TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(library_id) REFERENCES libraries (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE organisms (
	id INTEGER NOT NULL AUTO_INCREMENT, 
	library_id INTEGER NOT NULL, 
	name VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	`partition` VARCHAR(255), 
	PRIMARY KEY (id), 
	UNIQUE (library_id, name), 
	FOREIGN KEY(library_id) REFERENCES libraries (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE run_parts (
	run_id VARCHAR(32) COLLATE utf8mb4_bin NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	first INTEGER NOT NULL, 
	piece INTEGER NOT NULL, 
	data LONGBLOB NOT NULL, 
	PRIMARY KEY (run_id, kind, first, piece), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE TABLE sequences (
	library_id INTEGER NOT NULL, 
	id BIGINT NOT NULL, 
	organism_id INTEGER NOT NULL, 
	load_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	family INTEGER NOT NULL, 
	name VARCHAR(255) COLLATE utf8mb4_bin NOT NULL, 
	residues MEDIUMTEXT NOT NULL, 
	has_vector BOOL NOT NULL, 
	PRIMARY KEY (library_id, id), 
	FOREIGN KEY(library_id) REFERENCES libraries (id), 
	FOREIGN KEY(organism_id) REFERENCES organisms (id), 
	FOREIGN KEY(load_id) REFERENCES loads (id)
)CHARSET=utf8mb4 ENGINE=InnoDB;
CREATE INDEX sequences_of_load ON sequences (load_id);
CREATE INDEX sequences_in_order ON sequences (organism_id, load_id, position);
CREATE INDEX sequences_by_family ON sequences (library_id, load_id, organism_id, family);