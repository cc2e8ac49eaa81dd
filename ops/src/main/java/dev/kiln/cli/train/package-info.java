/**
 * The command {@code kiln train}: one subcommand for each workload, with options in common. Options
 * come in; tables, progress and the files of a run go out. Uses {@code dev.kiln.ops}, most of all
 * {@code ops.train.recipe}.
 */
package dev.kiln.cli.train;
