/**
 * What a launch on a GPU costs Kiln itself: with a driver that does nothing. In: {@code
 * src/test/c/null_driver.c}. Uses {@code runtime.cuda} and the kernels.
 */
package dev.kiln.tests.cuda.launch;
