package dev.kiln.generated;

import java.lang.invoke.MethodHandles;

/** Gives access to the package in which generated kernel classes are defined. */
public final class KernelClasses {
  private KernelClasses() {}

  public static MethodHandles.Lookup lookup() {
    return MethodHandles.lookup();
  }
}
