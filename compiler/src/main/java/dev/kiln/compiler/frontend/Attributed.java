package dev.kiln.compiler.frontend;

/** A value of a kernel file that has attributes of its own. */
interface Attributed extends FrontValue {
  /** The attribute of that name; an error, to be thrown, if there is none. */
  FrontValue attribute(Interpreter interpreter, String name);
}
