/**
 * Where the classes are defined, hidden, on which a kernel's first launches run until its class in
 * {@code dev.kiln.generated} is ready. A package of its own, so that the JVM options for that one
 * do not hold here. Nothing here but the access to it.
 */
package dev.kiln.starter;
