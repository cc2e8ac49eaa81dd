package dev.kiln.runtime.sim.program;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What the name of a special register stands for (chapter "Special Registers" of the manual). */
sealed interface SpecialName {
  /** A value that stays while the thread runs. */
  record Fixed(SpecialRegister register) implements SpecialName {}

  /** A number. */
  record Number(int bits, long value) implements SpecialName {}

  /** The time. */
  record Time(Clock.Part part) implements SpecialName {}

  /** An address in the shared memory that is set apart for the system. */
  record Reserved(long offset) implements SpecialName {}

  /** Bytes of shared memory that are set apart for the system, where a program asks for them. */
  long RESERVED_BYTES = 1024;

  /** Vectors, whose fourth element is 0. */
  Set<String> VECTORS =
      Set.of(
          "%tid",
          "%ntid",
          "%ctaid",
          "%nctaid",
          "%clusterid",
          "%nclusterid",
          "%cluster_ctaid",
          "%cluster_nctaid");

  Map<String, SpecialName> SCALARS = scalars();

  /** Registers of the manual that the simulator does not know: performance monitors and others. */
  Pattern UNKNOWN = Pattern.compile("%pm[0-7](_64)?|%reserved_smem_offset_2");

  /** The register of that name, if there is one that the simulator knows. */
  static Optional<SpecialName> find(String name, Optional<String> component) {
    if (VECTORS.contains(name)) {
      return component.flatMap(letter -> element(name, letter));
    }
    if (component.isPresent()) {
      return Optional.empty();
    }
    if (name.matches("%envreg([12]?[0-9]|3[01])")) {
      // Set by drivers for their own purposes; nothing sets them here.
      return Optional.of(new Number(32, 0));
    }
    return Optional.ofNullable(SCALARS.get(name));
  }

  private static Optional<SpecialName> element(String name, String letter) {
    return switch (letter) {
      case "x", "y", "z" ->
          Optional.of(
              new Fixed(
                  SpecialRegister.valueOf(
                      (name.substring(1) + "_" + letter).toUpperCase(Locale.ROOT))));
      case "w" -> Optional.of(new Number(32, 0));
      default -> Optional.empty();
    };
  }

  private static Map<String, SpecialName> scalars() {
    Map<String, SpecialName> names = new TreeMap<>();
    for (SpecialRegister register : SpecialRegister.values()) {
      String name = register.name().toLowerCase(Locale.ROOT);
      if (!name.endsWith("_x") && !name.endsWith("_y") && !name.endsWith("_z")) {
        names.put("%" + name, new Fixed(register));
      }
    }
    names.put("%clock", new Time(Clock.Part.LOW));
    names.put("%clock_hi", new Time(Clock.Part.HIGH));
    names.put("%clock64", new Time(Clock.Part.WHOLE));
    names.put("%globaltimer", new Time(Clock.Part.WHOLE));
    names.put("%globaltimer_lo", new Time(Clock.Part.LOW));
    names.put("%globaltimer_hi", new Time(Clock.Part.HIGH));
    names.put("%reserved_smem_offset_begin", new Reserved(0));
    names.put("%reserved_smem_offset_1", new Reserved(0));
    names.put("%reserved_smem_offset_end", new Reserved(RESERVED_BYTES));
    names.put("%reserved_smem_offset_cap", new Reserved(RESERVED_BYTES));
    names.put("%current_graph_exec", new Number(64, 0));
    names.put("WARP_SZ", new Number(32, 32));
    return Map.copyOf(names);
  }
}
