package dev.kiln.starter;

import java.lang.invoke.MethodHandles;

/** Gives access to the package in which the classes of first launches are defined. */
public final class StarterClasses {
  private StarterClasses() {}

  public static MethodHandles.Lookup lookup() {
    return MethodHandles.lookup();
  }
}
