/**
 * The command line, {@code ./kiln}.
 *
 * <p>In: arguments. Out: results on standard output, messages on standard error, an exit code: 0
 * for success, 1 where the input is at fault, 2 for wrong usage. One class for each command. Uses
 * everything below it.
 */
package dev.kiln.cli;
