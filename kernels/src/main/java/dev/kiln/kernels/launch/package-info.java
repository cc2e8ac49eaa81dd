/**
 * What launchers are made of: kernel files, calls with their arguments in order, checks of
 * arguments, block sizes, work memory.
 */
package dev.kiln.kernels.launch;
