package dev.holdfast.crsd;

import dev.holdfast.linux.Account;
import dev.holdfast.model.Epoch;
import dev.holdfast.model.ResourceDefinition;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What an action script finds in its environment.
 *
 * @param server the name of this node
 * @param home where Holdfast is installed
 */
record ActionEnvironment(String server, String home) {
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /**
     * Every attribute as it holds for this instance, and who and where it is.
     *
     * @param instance its number: 1 to CARDINALITY, or the node's number
     * @param given by whoever asked for the action, in place of attributes
     * @param account whom the script runs as
     * @param processes of a generic_application: where its processes are listed
     */
    Map<String, String> of(
            ResourceDefinition resource,
            int instance,
            Map<String, String> given,
            Epoch epoch,
            Account account,
            Optional<String> processes) {
        Map<String, String> environment = new TreeMap<>();
        Map<String, String> attributes =
                new TreeMap<>(resource.ofInstance(instance).effective());
        attributes.putAll(given);
        attributes.forEach((attribute, value) ->
                environment.put((attribute.startsWith("USR_") ? "_" : "_CRS_") + attribute, value));
        environment.put("_CRS_NAME", resource.name().text());
        environment.put("_CRS_TYPE", resource.type().name());
        environment.put("_CRS_EPOCH", epoch.toString());
        environment.put("_CRS_SERVER", server);
        // As crsctl status resource -v shows them: an instance of a local resource is told by its server.
        String number = resource.isLocal() ? server : Integer.toString(instance);
        environment.put("_CRS_CARDINALITY_ID", number);
        environment.put("_CRS_DEGREE_ID", "1");
        environment.put("_CRS_ID", resource.name() + " " + number + " 1");
        environment.putIfAbsent("_CRS_LAST_SERVER", server); // A custom action: it is for what runs here.
        environment.put("_CRS_HOME", home);
        environment.put("ORA_CRS_HOME", home);
        processes.ifPresent(file -> {
            environment.put(GenericApplication.PROCESSES, file);
            environment.putAll(variables(resource.value("ENVIRONMENT_VARS")));
        });
        environment.putAll(variables(resource.value("USR_ORA_ENV")));
        environment.put("PATH", PATH);
        environment.put("HOME", account.home());
        environment.put("USER", account.name());
        environment.put("LANG", "C.UTF-8");
        return environment;
    }

    /** {@code A=1,B=2}; what is ours by its name stays ours. */
    private static Map<String, String> variables(String text) {
        Map<String, String> all = new TreeMap<>();
        for (String variable : ResourceDefinition.parts(text)) {
            int equals = variable.indexOf('=');
            if (equals > 0 && !variable.startsWith("_CRS_")) {
                all.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        return all;
    }
}
