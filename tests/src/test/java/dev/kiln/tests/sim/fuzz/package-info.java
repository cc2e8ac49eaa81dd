/** PTX texts spoilt at random, for tests that nothing but a diagnostic comes of them. */
package dev.kiln.tests.sim.fuzz;
