/**
 * Other libraries whose operations {@code kiln profile} compares with Kiln's, through JavaCPP.
 * Found by {@link java.util.ServiceLoader} when this module is on the class path; each says why it
 * cannot be used where its native code is missing. Nothing else in Kiln needs it.
 *
 * <p>In: cases of {@code ops.profile}. Out: calls that can be timed, and their results. This
 * package has what all libraries share; each library has a package of its own.
 */
package dev.kiln.references;
