package dev.kiln.runtime.sim;

import dev.kiln.runtime.sim.program.Addresses;
import dev.kiln.runtime.sim.program.Instructions;
import dev.kiln.runtime.sim.program.ModuleCode;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import dev.kiln.runtime.sim.ptx.PtxFile;
import dev.kiln.runtime.sim.ptx.PtxParser;
import dev.kiln.runtime.sim.ptx.Variable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * PTX text that has been parsed and checked, not yet tied to a device. What the simulator does not
 * know is listed; only entries that use it cannot be launched. Thread-safe.
 */
public final class PtxModule {
  private final ModuleCode code;

  private PtxModule(ModuleCode code) {
    this.code = code;
  }

  /**
   * Reads a text.
   *
   * @param name of the file, for messages
   * @throws dev.kiln.runtime.sim.ptx.PtxException if the text is no PTX; the message lists
   *     everything that is wrong, with line and column
   */
  public static PtxModule parse(String name, String text) {
    return parse(name, text, Instructions.all());
  }

  /** Reads a text whose instructions are those given. */
  public static PtxModule parse(String name, String text, Instructions instructions) {
    return new PtxModule(new ModuleCode(PtxParser.parse(name, text), instructions));
  }

  /**
   * Reads a file.
   *
   * @throws dev.kiln.runtime.sim.ptx.PtxException if the text is no PTX
   */
  public static PtxModule load(Path file) throws IOException {
    return parse(file.getFileName().toString(), Files.readString(file));
  }

  /** The syntax tree, with the text. */
  public PtxFile file() {
    return code.file();
  }

  /** Names of the entries, in the order of the text. */
  public List<String> entries() {
    return code.entries();
  }

  /**
   * An entry's parameters and where they lie.
   *
   * @throws IllegalArgumentException if there is no such entry
   */
  public List<Parameter> parameters(String entry) {
    return code.parameters(entry);
  }

  /** Everything in the module that the simulator does not know, in the order of the text. */
  public List<PtxDiagnostic> unsupported() {
    return code.unsupported();
  }

  /** What keeps an entry from being launched: what it, or a function that it calls, uses. */
  public List<PtxDiagnostic> unsupported(String entry) {
    return code.unsupported(entry);
  }

  /** Variables for which a device needs global or constant memory. */
  public List<Variable> variables() {
    return code.variables();
  }

  /** The bytes that a variable begins with; those after them are 0. */
  public byte[] initialBytes(Variable variable, Addresses addresses) {
    return code.initialBytes(variable, addresses);
  }

  /**
   * An entry, ready to run.
   *
   * @param addresses of the module's variables
   * @param stackBytes local memory of each thread for recursive functions, where there are any
   * @throws dev.kiln.runtime.sim.ptx.PtxException if the entry uses what the simulator does not
   *     know
   */
  public Program program(String entry, Addresses addresses, long stackBytes) {
    return program(entry, addresses, stackBytes, false);
  }

  /**
   * The same.
   *
   * @param guarded whether to leave gaps between variables in shared and local memory, for the
   *     sanitizer {@code memory}
   */
  public Program program(String entry, Addresses addresses, long stackBytes, boolean guarded) {
    return code.program(entry, addresses, stackBytes, guarded);
  }
}
