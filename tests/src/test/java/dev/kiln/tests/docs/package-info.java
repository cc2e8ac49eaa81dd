/** The examples in the documentation compile and run. */
package dev.kiln.tests.docs;
