/** Operations, losses and optimizers on tensors, against plain definitions. */
package dev.kiln.tests.ops;
