/**
 * Where generated kernel classes are defined, as hidden classes; so that one JVM option can name
 * them all. Nothing here but the access to it.
 */
package dev.kiln.generated;
