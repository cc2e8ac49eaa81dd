/** Every kernel on every device against its plain reference, by the error rule. */
package dev.kiln.tests.kernels;
