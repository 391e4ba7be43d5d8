"""Deploy the one topology to the target that the stack's configuration chooses."""

import pulumi
from agno_ha.configuration import ConfigurationError
from agno_ha.service import AgnoService
from agno_ha.stack import current

try:
    stack, secrets = current()
    service = AgnoService(
        "agno",
        stack.topology,
        target=stack.target,
        settings=stack.settings,
        environment=stack.environment,
        secrets=secrets,
    )
except ConfigurationError as error:
    raise pulumi.RunError(str(error)) from None

pulumi.export("url", service.url)
pulumi.export("loadBalancer", service.load_balancer)
pulumi.export("securityKey", service.security_key)
pulumi.export("facts", dict(service.facts))
