// FlowTables
