package dev.kiln.tests.cuda.binding;

import dev.kiln.runtime.cuda.driver.CudaHeader;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the binding says of the driver, read from its classes.
 *
 * @param functions descriptors by name
 * @param constants values by name; of pointers, addresses
 * @param structures layouts of structures and unions
 */
record Binding(
    Map<String, FunctionDescriptor> functions,
    Map<String, Long> constants,
    List<GroupLayout> structures) {
  private static final String PACKAGE = CudaHeader.class.getPackageName() + ".";
  private static final String DESCRIPTOR = "$descriptor";

  /**
   * Reads the classes. A descriptor is in a class that looks its function up, so that a library
   * with functions of those names is needed.
   */
  static Binding read(CudaToolkit toolkit, List<String> structures, Path folder)
      throws ReflectiveOperationException {
    var loader = new IsolatedBinding();
    Class<?> header = loader.loadClass(CudaHeader.class.getName());
    Path library = folder.resolve("names.so");
    toolkit.library(stub(functionNames(header)), library);
    loader.loadLibrary(library);

    Map<String, FunctionDescriptor> functions = new TreeMap<>();
    for (String name : functionNames(header)) {
      functions.put(name, (FunctionDescriptor) header.getMethod(name + DESCRIPTOR).invoke(null));
    }
    List<GroupLayout> layouts = new ArrayList<>();
    for (String name : structures) {
      layouts.add((GroupLayout) loader.loadClass(PACKAGE + name).getMethod("layout").invoke(null));
    }
    return new Binding(functions, constants(header), layouts);
  }

  /** A library of functions that return their place in the list. */
  static String stub(List<String> names) {
    return names.stream()
        .map(name -> "int %s(void) { return %d; }\n".formatted(name, names.indexOf(name)))
        .collect(Collectors.joining());
  }

  static List<String> functionNames(Class<?> header) {
    return Arrays.stream(header.getDeclaredMethods())
        .map(Method::getName)
        .filter(name -> name.endsWith(DESCRIPTOR))
        .map(name -> name.substring(0, name.length() - DESCRIPTOR.length()))
        .sorted()
        .toList();
  }

  /** Enumerators and macros: the methods without arguments that are in capitals. */
  static Stream<Method> constantMethods(Class<?> header) {
    return Arrays.stream(header.getMethods())
        .filter(method -> Modifier.isStatic(method.getModifiers()))
        .filter(method -> method.getParameterCount() == 0)
        .filter(method -> method.getName().matches("CU[A-Z]*_[\\w]+"));
  }

  private static Map<String, Long> constants(Class<?> header) throws ReflectiveOperationException {
    Map<String, Long> constants = new TreeMap<>();
    for (Method method : constantMethods(header).toList()) {
      Object value = method.invoke(null);
      constants.put(
          method.getName(),
          value instanceof MemorySegment pointer ? pointer.address() : (long) (int) value);
    }
    return constants;
  }

  /** This binding with another descriptor. */
  Binding with(String function, FunctionDescriptor descriptor) {
    Map<String, FunctionDescriptor> changed = new HashMap<>(functions);
    changed.put(function, descriptor);
    return new Binding(changed, constants, structures);
  }

  /** This binding with another value. */
  Binding with(String constant, long value) {
    Map<String, Long> changed = new HashMap<>(constants);
    changed.put(constant, value);
    return new Binding(functions, changed, structures);
  }

  /** This binding with another layout of the structure of that name. */
  Binding with(GroupLayout structure) {
    return new Binding(
        functions,
        constants,
        structures.stream()
            .map(known -> known.name().equals(structure.name()) ? structure : known)
            .toList());
  }
}
